/** Tells the person at the terminal what happens, one line at a time. */
export type Log = (line: string) => void;

/** A server that was brought up for development, in a session of its own, so that the terminal's Ctrl-C does not reach it before we stop it in order. */
export interface Part {
  pid: number;
  /** Whether it ran already, left by a process that was killed. */
  adopted: boolean;
  stop: () => Promise<void>;
}

/** A part could not be brought up. The message is one line that says what to do. */
export class StartError extends Error {
  override name = 'StartError';
}

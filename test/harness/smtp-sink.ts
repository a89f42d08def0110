import { simpleParser, type ParsedMail } from 'mailparser';
import type { AddressInfo, Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** What the server does with a mail. A number is its answer; `drop` takes all of the mail and closes the connection without a word. */
type Behaviour = { at: 'rcpt' | 'data'; code: number; message: string } | { at: 'data'; drop: true } | 'accept';

interface ReceivedRaw {
  to: string;
  raw: string;
  /** Milliseconds, for what is told from differences. */
  at: number;
}

export interface SmtpSink {
  url: string;
  /** All that was received to its end, in order, refused or not. */
  received: ReceivedRaw[];
  /** Decides for each recipient; it accepts all until told otherwise. */
  behave: (behaviour: (to: string) => Behaviour | Promise<Behaviour>) => void;
  parse: (to: string) => Promise<ParsedMail>;
  close: () => Promise<void>;
}

/** A real SMTP server that does as it is told, for what a mailbox that behaves cannot show. */
export const startSmtpSink = async (): Promise<SmtpSink> => {
  const received: ReceivedRaw[] = [];
  let decide: (to: string) => Behaviour | Promise<Behaviour> = () => 'accept';
  const sockets = new Map<number, Socket>();
  const answerRecipient = async (to: string): Promise<string> => {
    const behaviour = await decide(to);
    if (behaviour !== 'accept' && behaviour.at === 'rcpt') throw smtpError(behaviour);
    return 'ok';
  };
  const answerMail = async (stream: Readable, { envelope, remotePort }: SMTPServerSession): Promise<string> => {
    const raw = await text(stream);
    const to = envelope.rcptTo[0]?.address ?? '';
    received.push({ to, raw, at: performance.now() });
    const behaviour = await decide(to);
    if (behaviour === 'accept') return 'queued';
    if ('drop' in behaviour) sockets.get(remotePort)?.destroy();
    throw smtpError('code' in behaviour ? behaviour : { code: 421, message: 'dropped' });
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onRcptTo: (address, _session, callback) => void answerRecipient(address.address).then(...settling(callback)),
    onData: (stream, session, callback) => void answerMail(stream, session).then(...settling(callback)),
  });
  server.server.on('connection', (socket: Socket) => sockets.set(socket.remotePort ?? 0, socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    behave: (behaviour) => {
      decide = behaviour;
    },
    parse: async (to) => {
      const mail = received.find((each) => each.to === to);
      if (!mail) throw new Error(`no mail to ${to}`);
      return simpleParser(mail.raw);
    },
    close: async () => {
      for (const socket of sockets.values()) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

const settling = (callback: (error: Error | null, message?: string) => void) =>
  [(message: string) => callback(null, message), (error: Error) => callback(error)] as const;

const smtpError = ({ code, message }: { code: number; message: string }): Error =>
  Object.assign(new Error(message), { responseCode: code });

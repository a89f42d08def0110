/** A mail or a webhook as it would have gone out. */
export interface SimulatedMessage {
  kind: 'email' | 'webhook';
  to: string | null;
  state: 'sent' | 'skipped' | 'failed';
  reason: string | null;
  template: string | null;
  version: number | null;
  subject: string | null;
  html: string | null;
  text: string | null;
  /** What a webhook carries. */
  body: unknown;
}

/** One thing that happened, at a virtual time. */
export interface TimelineEvent {
  /** ISO 8601 */
  at: string;
  /** `entry`, `event`, `message`, `end`, or the kind of the step. */
  kind: string;
  step: string;
  outcome: string;
  detail: Record<string, unknown>;
  message: SimulatedMessage | null;
}

export const happening = (at: Date, kind: string, outcome: string, more: Partial<TimelineEvent> = {}): TimelineEvent => ({
  at: at.toISOString(),
  kind,
  step: '',
  outcome,
  detail: {},
  message: null,
  ...more,
});

/** What a webhook carries of a mail that another system sends: all that is needed to send it, and to know for whom and why. */
export interface RenderedMessage {
  code: string | null;
  /** ISO 8601. */
  expires_at: string | null;
  customer: { id: string; source_id: string | null; email: string | null; name: string | null };
  from: { email: string; name: string } | null;
  subject: string;
  html: string;
  text: string;
  topic: string | null;
  unsubscribe_url: string | null;
  journey: string | null;
  step: string | null;
  enrolment_id: string | null;
  metadata: Record<string, unknown>;
}

/** Whether an event's data is a mail that can be sent: it has a reader and was rendered. */
export const isRenderedMessage = (data: unknown): data is RenderedMessage => {
  if (typeof data !== 'object' || data === null) return false;
  const { subject, html, text, customer } = data as Partial<RenderedMessage>;
  return [subject, html, text].every((each) => typeof each === 'string') && typeof customer?.email === 'string';
};

export const RENDERED_MESSAGE_EXAMPLE: RenderedMessage = {
  code: 'WELCOME-7K2M',
  expires_at: '2026-02-14T22:59:59.999Z',
  customer: { id: 'cust_0192f3a8', source_id: 'crm-42', email: 'ada@example.com', name: 'Ada Lovelace' },
  from: { email: 'coupons@example.com', name: 'Example Shop' },
  subject: 'Ada, your 10% off is inside',
  html: '<p>Your code: <b>WELCOME-7K2M</b></p>',
  text: 'Your code: WELCOME-7K2M',
  topic: 'offers',
  unsubscribe_url: 'https://coupons.example.com/u/0192f3a8',
  journey: 'signup',
  step: 'welcome',
  enrolment_id: 'enr_0192f3a8',
  metadata: {},
};

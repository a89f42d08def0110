import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { journeyWorkflowId } from '../../workflows/contracts.ts';
import type { DevelopmentFile } from '../data-folder.ts';
import { type CouponryClient, createCouponryClient, DemoError, type Enrolment, type Passed } from './couponry-client.ts';
import { createCrm, type Signup } from './crm.ts';
import { mailsOf, type ReadMail } from './inbox.ts';
import type { Screen } from './screen.ts';

const PATIENCE_MS = 60_000;
const CART = 11_499;

const money = (minor: number): string => (minor / 100).toFixed(2);
const time = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

const until = async <T>(what: string, look: () => Promise<T | null>): Promise<T> => {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(100)) {
    const seen = await look();
    if (seen !== null) return seen;
  }
  throw new DemoError(`${what}: it did not happen within ${PATIENCE_MS / 1000} s`);
};

const expect = (truth: boolean, what: string): void => {
  if (!truth) throw new DemoError(what);
};

const told = ({ at, step, kind, outcome, detail, message }: Passed): string => {
  const what = [step === '' ? kind : `${step} (${kind})`, outcome].filter(Boolean).join(': ');
  const more = typeof detail.code === 'string' ? `  ${detail.code}` : message?.template ? `  the mail "${message.template}"` : '';
  return `${time(at)}  ${what}${more}`;
};

/** Prints the timeline as it grows, until `done`. */
const follow = async (
  screen: Screen,
  client: CouponryClient,
  customer: string,
  what: string,
  done: (enrolment: Enrolment) => boolean,
  shown: Set<string>,
): Promise<Enrolment> =>
  until(what, async () => {
    const enrolment = await client.findEnrolment(customer);
    for (const entry of enrolment?.timeline ?? []) {
      const key = `${entry.at} ${entry.step} ${entry.kind} ${entry.outcome}`;
      if (shown.has(key)) continue;
      shown.add(key);
      screen.line(told(entry));
    }
    return enrolment !== null && done(enrolment) ? enrolment : null;
  });

const showMail = (screen: Screen, mail: ReadMail, code: string): void => {
  screen.see('mail', `"${mail.subject}"`);
  expect(mail.text.includes(code), `the mail "${mail.subject}" does not hold the code ${code}`);
  screen.see('code', code);
};

/** The whole road once, as a CRM, a customer and a checkout go it. @throws {DemoError} at the first thing that is not as it should be */
export const tellStory = async (
  screen: Screen,
  { apiUrl, inboxUrl, temporalAddress, projects, signupSource }: DevelopmentFile,
): Promise<void> => {
  const client = createCouponryClient(apiUrl, projects.sandbox);
  const crm = createCrm(signupSource);
  const run = randomBytes(3).toString('hex');
  const nthMail = (signup: Signup, n: number): Promise<ReadMail> =>
    until(`mail ${n} to ${signup.email}`, async () => (await mailsOf(inboxUrl, client, signup.id, signup.email))[n - 1] ?? null);
  const signUp = async (signup: Signup, times: number): Promise<{ enrolment: Enrolment; code: string; shown: Set<string> }> => {
    screen.act('CRM', `posts that ${signup.firstName} signed up, signed, ${times === 1 ? 'once' : `${times} times at once`}`);
    const known = await crm.postSignup(signup, times);
    expect(known === times - 1, `${times} posts of one signup: ${known} were known, not ${times - 1}`);
    screen.act('Couponry', times === 1 ? 'stores it and answers 200' : `stores it once and answers 200 to each: ${known} are duplicates`);
    const shown = new Set<string>();
    const waits = (enrolment: Enrolment): boolean => enrolment.next_at !== null && Date.parse(enrolment.next_at) - Date.now() > 3_600_000;
    const enrolment = await follow(screen, client, signup.id, `the journey of ${signup.firstName}`, waits, shown);
    screen.see('waits', `${enrolment.why}, until ${time(enrolment.next_at ?? '')}`);
    const [coupon] = Object.values(enrolment.coupons);
    if (coupon === undefined) throw new DemoError('no coupon was issued');
    showMail(screen, await nthMail(signup, 1), coupon.code);
    return { enrolment, code: coupon.code, shown };
  };

  screen.chapter('Ada signs up');
  const ada: Signup = { id: `demo-${run}-ada`, email: `ada.${run}@example.com`, firstName: 'Ada' };
  const { code, shown } = await signUp(ada, 5);
  const mails = await mailsOf(inboxUrl, client, ada.id, ada.email);
  expect(mails.length === 1, `five posts of one signup made ${mails.length} mails, not 1`);

  screen.chapter('Ada buys something for 114.99');
  screen.act('Checkout', `validates ${code}`);
  const validation = await client.validate(code, ada.id, CART);
  expect(validation.valid && validation.order?.total_discount_amount === 1150, `the validation said ${JSON.stringify(validation)}`);
  screen.see('discount', `${money(validation.order?.total_discount_amount ?? 0)}, so ${money(validation.order?.total_amount ?? 0)} to pay`);
  screen.act('Checkout', 'redeems it');
  const redemption = await client.redeem(code, ada.id, CART);
  expect(redemption.order.total_amount === 10_349, `the redemption said ${JSON.stringify(redemption.order)}`);
  screen.see(
    'order',
    `${money(redemption.order.amount)} - ${money(redemption.order.total_discount_amount)} = ${money(redemption.order.total_amount)}`,
  );
  const ended = await follow(screen, client, ada.id, 'the end of the journey', ({ state }) => state !== 'active', shown);
  expect(ended.outcome === 'goal', `the journey ended with ${ended.outcome}, not with its goal`);
  screen.see('journey', 'reached its goal: no reminder will come');
  screen.act('Checkout', 'tries the code a second time');
  const again = await client.redeemInVain(code, ada.id, CART);
  expect(again === 'quantity_exceeded', `a second redemption was refused with ${again}`);
  screen.see('refused', again);

  screen.chapter('Grace signs up, and does nothing. Her clock is turned forward');
  const grace: Signup = { id: `demo-${run}-grace`, email: `grace.${run}@example.com`, firstName: 'Grace' };
  const second = await signUp(grace, 1);
  for (const [duration, words] of [
    ['P11D', '11 days'],
    ['P4D', '4 more days'],
  ] as const) {
    screen.act('You', `forward her by ${words}`);
    const travelled = await client.fastForward(grace.id, duration);
    for (const entry of travelled.passed) screen.line(told(entry));
    screen.see('now', time(travelled.now));
    if (duration === 'P11D') showMail(screen, await nthMail(grace, 2), second.code);
  }
  screen.act('Checkout', `validates ${second.code}`);
  const late = await client.validate(second.code, grace.id, CART);
  const reason = late.redeemables[0]?.result?.error;
  expect(!late.valid && reason?.key === 'voucher_expired', `an expired code was answered ${JSON.stringify(late)}`);
  screen.see('refused', `${reason?.key}: ${reason?.details ?? reason?.message}`);

  screen.chapter('Where to look');
  screen.see('inbox', inboxUrl ?? 'your mail server');
  screen.see('API', `${apiUrl}/docs`);
  screen.see('support', `GET ${apiUrl}/v1/enrolments/${second.enrolment.id}`);
  screen.see('Temporal', `${temporalAddress}, workflow ${journeyWorkflowId(second.enrolment.cohort_id)}`);
};

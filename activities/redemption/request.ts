import type { CheckoutAnswer } from '../checkout/answer.ts';
import type { CheckoutRequest } from '../checkout/request.ts';

/** What a checkout asks to redeem, as plain JSON. */
export interface RedeemRequest extends CheckoutRequest {
  idempotencyKey: string;
  /** SHA-256 of method, path and body, in base64. */
  requestHash: string;
  /** The key was made for this request alone, so nobody asks by it again: that it was done is kept, not what was answered. */
  keyIsOurs?: boolean;
}

/** A request in a set, with the codes as they are looked up. */
export interface SetMember {
  request: RedeemRequest;
  codeKeys: string[];
  /** True once what the request tells of its customer was written. */
  customerWritten: boolean;
  /** `lock`: a validation that holds what applies for its session. */
  what: 'redeem' | 'lock';
  /** What it was decided as last: answered, should its set turn out to be committed though the connection broke. */
  decided?: CheckoutAnswer;
}

/** How a request came out of a set: answered, or what stands in its way. */
export type Verdict =
  | { kind: 'answered'; answer: CheckoutAnswer }
  /** The same key runs in another process. */
  | { kind: 'key held' }
  /** Somebody else holds this voucher's row. */
  | { kind: 'voucher held'; codeKey: string }
  /** The customer is new, or the request tells something new of them: to be written first, since customers are locked before vouchers. */
  | { kind: 'customer to write' };

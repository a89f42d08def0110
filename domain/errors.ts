/** Every way in which Couponry says no. The keys are those of the Voucherify API, and ours where it has none. */
export type ErrorKey =
  // Why a validation or redemption fails.
  | 'not_found'
  | 'quantity_exceeded'
  | 'gift_amount_exceeded'
  | 'loyalty_card_points_exceeded'
  | 'missing_reward'
  | 'invalid_reward'
  | 'voucher_expired'
  | 'voucher_not_active'
  | 'voucher_not_active_now'
  | 'voucher_disabled'
  | 'promotion_inactive'
  | 'referrer_not_permitted_to_redeem'
  | 'customer_rules_violated'
  | 'order_rules_violated'
  | 'redemption_rules_violated'
  | 'missing_customer'
  | 'missing_order'
  | 'missing_amount'
  | 'missing_order_items'
  | 'invalid_order'
  | 'invalid_amount'
  | 'already_rolled_back'
  | 'invalid_redemption_parent'
  | 'no_effect'
  | 'invalid_refund'
  | 'pending_points_settled'
  // Why a request is refused.
  | 'invalid_payload'
  | 'invalid_query_params'
  | 'invalid_json'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'method_not_allowed'
  | 'resource_not_found'
  | 'duplicate_found'
  | 'duplicated_redeemables'
  | 'invalid_redeemables'
  | 'invalid_code_config'
  | 'metadata_validation_failed'
  | 'voucher_already_published'
  | 'no_voucher_suitable_for_publication'
  | 'multiple_requests'
  | 'idempotency_key_reused'
  | 'unauthorized'
  | 'forbidden'
  | 'invalid_signature'
  | 'too_many_requests'
  | 'definition_invalid'
  | 'sandbox_only'
  | 'time_travel_unavailable'
  | 'time_travel_busy'
  | 'resource_in_use'
  | 'service_unavailable'
  | 'internal_error';

/** One field that is wrong: where, what is wrong with it, and what would be right. */
export interface FieldProblem {
  /** Path into the body or query, such as `redemption.quantity` or `redeemables[0].id`. */
  path: string;
  message: string;
  /** Where a text is concerned: its line and column, from 1. */
  line?: number;
  column?: number;
  /** The step of a journey's definition. */
  step?: string;
}

/** A refusal with its key and what a person needs to mend it. Thrown where it ends the request; returned where it is one answer of many. */
export class DomainError extends Error {
  readonly key: ErrorKey;
  readonly details: string;
  readonly fields: FieldProblem[];
  readonly resource: { id?: string; type?: string };

  constructor(
    key: ErrorKey,
    message: string,
    more: { details?: string; fields?: FieldProblem[]; resource?: { id?: string; type?: string } } = {},
  ) {
    super(message);
    this.name = 'DomainError';
    this.key = key;
    this.details = more.details ?? message;
    this.fields = more.fields ?? [];
    this.resource = more.resource ?? {};
  }
}

/** A body with fields that are wrong, all of them named. */
export const invalidPayload = (fields: FieldProblem[]): DomainError => new DomainError('invalid_payload', 'Invalid payload', { fields });

/** The same of parameters of a query or a path. */
export const invalidQuery = (fields: FieldProblem[]): DomainError =>
  new DomainError('invalid_query_params', 'Invalid query params', { fields });

import postgres from 'postgres';
import { DomainError, type ErrorKey, type FieldProblem } from '../../domain/errors.ts';

/** Every key has its status here, and only here: a key without one does not compile. */
export const statusOf = {
  not_found: 404,
  quantity_exceeded: 400,
  gift_amount_exceeded: 400,
  loyalty_card_points_exceeded: 400,
  missing_reward: 400,
  invalid_reward: 400,
  voucher_expired: 400,
  voucher_not_active: 400,
  voucher_not_active_now: 400,
  voucher_disabled: 400,
  promotion_inactive: 400,
  referrer_not_permitted_to_redeem: 400,
  customer_rules_violated: 400,
  order_rules_violated: 400,
  redemption_rules_violated: 400,
  missing_customer: 400,
  missing_order: 400,
  missing_amount: 400,
  missing_order_items: 400,
  invalid_order: 400,
  invalid_amount: 400,
  already_rolled_back: 400,
  invalid_redemption_parent: 400,
  no_effect: 400,
  invalid_refund: 400,
  pending_points_settled: 400,
  invalid_payload: 400,
  invalid_query_params: 400,
  invalid_json: 400,
  payload_too_large: 413,
  unsupported_media_type: 415,
  method_not_allowed: 405,
  resource_not_found: 404,
  duplicate_found: 409,
  duplicated_redeemables: 400,
  invalid_redeemables: 400,
  invalid_code_config: 400,
  metadata_validation_failed: 400,
  voucher_already_published: 400,
  no_voucher_suitable_for_publication: 400,
  multiple_requests: 409,
  idempotency_key_reused: 422,
  unauthorized: 401,
  forbidden: 403,
  invalid_signature: 401,
  too_many_requests: 429,
  definition_invalid: 400,
  sandbox_only: 403,
  time_travel_unavailable: 409,
  time_travel_busy: 409,
  resource_in_use: 409,
  service_unavailable: 503,
  internal_error: 500,
} as const satisfies Record<ErrorKey, number>;

/** What a refusal looks like on the wire. */
export interface ErrorBody {
  code: number;
  key: ErrorKey;
  message: string;
  details: string;
  request_id: string;
  resource_id?: string;
  resource_type?: string;
  /** Every field that is wrong. */
  errors?: FieldProblem[];
}

const MOST_TOLD = 3;

/** What is wrong, in a sentence: the first fields with what would be right, where nothing else is said. */
const detailsOf = ({ message, details, fields }: DomainError): string => {
  if (fields.length === 0 || details !== message) return details;
  const told = fields.slice(0, MOST_TOLD).map((field) => (field.path === '' ? field.message : `${field.path}: ${field.message}`));
  return `${told.join('; ')}${fields.length > MOST_TOLD ? `; and ${fields.length - MOST_TOLD} more` : ''}`;
};

export const errorBody = (error: DomainError, requestId: string): ErrorBody => ({
  code: statusOf[error.key],
  key: error.key,
  message: error.message,
  details: detailsOf(error),
  request_id: requestId,
  resource_id: error.resource.id,
  resource_type: error.resource.type,
  errors: error.fields.length > 0 ? error.fields : undefined,
});

const connectionLost = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  // Postgres: shutting down, starting up, too many clients, crash.
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** What is thrown as what is answered. What nobody foresaw is told to the log, not to the caller. */
export const toDomainError = (error: unknown): DomainError => {
  if (error instanceof DomainError) return error;
  if (connectionLost.has(codeOf(error)))
    return new DomainError('service_unavailable', 'The database cannot be reached. Try again in a moment.');
  if (error instanceof postgres.PostgresError && (error.code === '40P01' || error.code === '40001'))
    return new DomainError('multiple_requests', 'Others are changing the same things at this moment. Try again.');
  return new DomainError('internal_error', 'Something went wrong on our side. The request id finds it in the log.');
};

export const notFound = (type: string, id: string): DomainError =>
  new DomainError('not_found', 'Resource not found', {
    details: `Cannot find ${type} with id ${id}`,
    resource: { id, type },
  });

import type { z } from 'zod';
import type { CheckoutRequest } from '../activities/checkout-request.ts';
import type { NamedCustomer } from '../db/checkout.ts';
import { STACKING_RULES } from '../domain/checkout-stacking.ts';
import { newId } from '../db/ids.ts';
import { codeKey } from '../domain/code-pattern.ts';
import { DomainError } from '../domain/errors.ts';
import { DEFAULT_TTL, type Session } from '../domain/session.ts';
import type { AskedRedeemable } from '../domain/redeemable.ts';
import type { RequestContext } from './route.ts';
import { toldItem } from './schemas/order.ts';
import type { redeemablesBody, singleBody } from './schemas/redeemable.ts';

type SingleBody = z.output<typeof singleBody>;
type RedeemablesBody = z.output<typeof redeemablesBody>;

/** What a request tells of its customer, in our words. */
export const namedCustomer = ({ source_id: sourceId, birthday, ...told }: NonNullable<SingleBody['customer']>): NamedCustomer => ({
  ...told,
  ...(sourceId !== undefined && { sourceId }),
  ...(birthday !== undefined && told.birthdate === undefined && { birthdate: birthday }),
});

/** What a question is made of: a request, or a body that was put together from one. */
type Asking<B> = Pick<RequestContext<unknown, unknown, B>, 'project' | 'apiKey' | 'requestId' | 'body'>;

/**
 * The question for the activities, as plain JSON.
 * @throws DomainError invalid_payload, where the order is in another currency than the project
 */
const questionOf = (
  { project, apiKey, requestId }: Omit<Asking<unknown>, 'body'>,
  body: SingleBody,
  redeemables: AskedRedeemable[],
  audience: CheckoutRequest['audience'],
  expand: string[],
): CheckoutRequest => {
  const { order, customer } = body;
  if (order?.currency !== undefined && order.currency !== project.currency) {
    throw new DomainError('invalid_payload', 'The request has fields that are wrong.', {
      fields: [{ path: 'order.currency', message: `must be ${project.currency}, the currency of the project` }],
    });
  }
  return {
    project: { id: project.id, caseSensitiveCodes: project.caseSensitiveCodes, timezone: project.timezone },
    apiKeyId: apiKey.id,
    apiKeyName: apiKey.name,
    requestId,
    redeemables,
    stackingRules: STACKING_RULES,
    order: order ? orderOf(order) : null,
    customer: customer ? namedCustomer(customer) : null,
    session: body.session ? sessionOf(body.session) : null,
    trackingId: body.tracking_id ?? null,
    metadata: body.metadata ?? null,
    expand,
    audience,
  };
};

const sessionOf = ({ key, ttl, ...told }: NonNullable<SingleBody['session']>): Session => ({
  ...told,
  key: key ?? newId('session'),
  ...(ttl === undefined ? DEFAULT_TTL : { ttl }),
});

const orderOf = ({
  id,
  source_id,
  status,
  amount,
  currency,
  items,
  metadata,
}: NonNullable<SingleBody['order']>): CheckoutRequest['order'] => ({
  id,
  source_id: source_id ?? undefined,
  status,
  amount,
  currency,
  items: items?.map(toldItem),
  metadata: metadata ?? undefined,
});

export const singleQuestion = (context: RequestContext<{ code: string }, unknown, SingleBody>): CheckoutRequest =>
  questionOf(context, context.body, [{ object: 'voucher', id: context.params.code, credits: context.body.gift?.credits }], 'voucher', []);

/** @throws DomainError duplicated_redeemables */
export const stackQuestion = (context: Asking<RedeemablesBody>, audience: 'stack' | 'client'): CheckoutRequest => {
  const { redeemables } = context.body;
  const keys = new Set(redeemables.map(({ id }) => codeKey(id, context.project.caseSensitiveCodes)));
  if (keys.size < redeemables.length) {
    throw new DomainError('duplicated_redeemables', 'Duplicated redeemables', {
      details: 'The same code is asked for more than once',
      fields: [{ path: 'redeemables', message: 'must name each code once' }],
    });
  }
  const asked = redeemables.map(({ gift, ...each }) => ({ ...each, credits: gift?.credits }));
  return questionOf(context, context.body, asked, audience, context.body.options?.expand ?? []);
};

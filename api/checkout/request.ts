import type { z } from 'zod';
import type { CheckoutRequest } from '../../activities/checkout/request.ts';
import type { RedeemRequest } from '../../activities/redemption/request.ts';
import type { NamedCustomer } from '../../db/checkout/checkout.ts';
import { newId } from '../../db/ids.ts';
import { stackingRulesOf } from '../../db/promotion/stacking-rules.ts';
import type { StackingRules } from '../../domain/checkout/stacking.ts';
import { codeKey } from '../../domain/voucher/code-pattern.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { DEFAULT_TTL, type Session } from '../../domain/checkout/session.ts';
import type { AskedRedeemable } from '../../domain/checkout/redeemable.ts';
import { narrow } from '../../domain/checkout/stacking-narrowing.ts';
import type { RequestContext } from '../http/route.ts';
import { toldItem } from '../schemas/order.ts';
import type { redeemablesBody, singleBody } from '../schemas/redeemable.ts';

type SingleBody = z.output<typeof singleBody>;
type RedeemablesBody = z.output<typeof redeemablesBody>;

/** What a request tells of its customer, in our words. Who is named by no id is known by their email, or is somebody new. */
export const namedCustomer = ({ source_id: sourceId, birthday, ...told }: NonNullable<SingleBody['customer']>): NamedCustomer => ({
  ...told,
  ...(told.id === undefined ? { sourceId: sourceId ?? told.email ?? newId('customer') } : sourceId !== undefined && { sourceId }),
  ...(birthday !== undefined && told.birthdate === undefined && { birthdate: birthday }),
});

/** What a question is made of: a request, or a body that was put together from one. */
type Asking<B> = Pick<RequestContext<unknown, unknown, B>, 'project' | 'apiKey' | 'requestId' | 'body'>;

/**
 * The question for the activities, as plain JSON.
 * @throws DomainError invalid_payload, where the order is in another currency than the project
 */
export const questionOf = (
  { project, apiKey, requestId }: Omit<Asking<unknown>, 'body'>,
  body: SingleBody,
  redeemables: AskedRedeemable[],
  stackingRules: StackingRules,
  audience: CheckoutRequest['audience'],
  expand: string[],
): CheckoutRequest => {
  const { order } = body;
  const customer = body.customer ?? order?.customer;
  if (order?.currency !== undefined && order.currency !== project.currency) {
    throw invalidPayload([{ path: 'order.currency', message: `must be ${project.currency}, the currency of the project` }]);
  }
  return {
    project: { id: project.id, caseSensitiveCodes: project.caseSensitiveCodes, timezone: project.timezone, currency: project.currency },
    apiKeyId: apiKey.id,
    apiKeyName: apiKey.name,
    requestId,
    redeemables,
    stackingRules,
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

/** What a request tells of its order, as it is kept. */
export const orderOf = ({
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

/** What keeps a redemption from being made twice. A key that is ours stands for this request alone, so there is nothing to compare. */
export const onceOf = (
  context: Pick<RequestContext, 'idempotencyKey' | 'keyIsOurs' | 'requestHash'>,
): Pick<RedeemRequest, 'idempotencyKey' | 'keyIsOurs' | 'requestHash'> => {
  const { idempotencyKey, keyIsOurs } = context;
  return { idempotencyKey, keyIsOurs, requestHash: keyIsOurs ? '' : context.requestHash.toString('base64') };
};

export const singleQuestion = (context: RequestContext<{ code: string }, unknown, SingleBody>): CheckoutRequest =>
  questionOf(
    context,
    context.body,
    [{ object: 'voucher', id: context.params.code, credits: context.body.gift?.credits, reward: context.body.reward ?? undefined }],
    stackingRulesOf(context.project.stackingRules),
    'voucher',
    [],
  );

/** @throws DomainError invalid_payload, where the request's rules are wider than the project's, or it names more than they let */
const rulesOf = ({ project, body: { redeemables, options } }: Pick<Asking<RedeemablesBody>, 'project' | 'body'>): StackingRules => {
  const own = stackingRulesOf(project.stackingRules);
  const { rules, problems } = narrow(own, options?.stacking_rules ?? {});
  if (problems) throw invalidPayload(problems);
  if (redeemables.length > rules.redeemables_limit)
    throw invalidPayload([
      { path: 'redeemables', message: `must be at most ${rules.redeemables_limit}, the redeemables_limit of the stacking rules` },
    ]);
  return rules;
};

/** @throws DomainError duplicated_redeemables; invalid_payload, for rules that are wider than the project's */
export const stackQuestion = (context: Asking<RedeemablesBody>, audience: 'stack' | 'client'): CheckoutRequest => {
  const { redeemables } = context.body;
  const keyOf = ({ object, id }: RedeemablesBody['redeemables'][number]): string =>
    `${object} ${object === 'voucher' ? codeKey(id, context.project.caseSensitiveCodes) : id}`;
  const keys = new Set(redeemables.map(keyOf));
  if (keys.size < redeemables.length) {
    throw new DomainError('duplicated_redeemables', 'Duplicated redeemables', {
      details: 'The same is asked for more than once',
      fields: [{ path: 'redeemables', message: 'must name each once' }],
    });
  }
  const asked = redeemables.map(({ gift, reward, ...each }) => ({ ...each, credits: gift?.credits, reward: reward ?? undefined }));
  return questionOf(context, context.body, asked, rulesOf(context), audience, context.body.options?.expand ?? []);
};

import type { Checkout } from '../../activities/checkout/checkout.ts';
import { answerOf } from '../checkout/answer.ts';
import { onceOf, stackQuestion } from '../checkout/request.ts';
import { route, type Answer, type RequestContext, type Route } from '../http/route.ts';
import { clientRedeemBody, clientRedeemQuery, clientValidateQuery, clientValidationSchema } from '../schemas/client.ts';
import { redemptionSchema } from '../schemas/redemption.ts';

export interface ClientCheckoutRoutesDeps {
  checkout: Pick<Checkout, 'validate' | 'validateAndLock' | 'redeem'>;
}

/** What a stack's validation says, as far as the older calls tell it. */
interface StackAnswer {
  valid: boolean;
  redeemables: {
    id: string;
    result: { discount?: unknown; gift?: unknown; loyalty_card?: unknown; error?: { message: string }; details?: { message: string } };
    applicable_to?: unknown;
    inapplicable_to?: unknown;
  }[];
  order: unknown;
  session: unknown;
  tracking_id: string;
}

const tag = 'Client side';

/** The answer about a stack of one code, as the older call gives it. */
const singleView = ({ valid, redeemables, order, session, tracking_id }: StackAnswer, code: string) => {
  const { id = code, result = {}, applicable_to, inapplicable_to } = redeemables[0] ?? {};
  if (!valid) return { valid, code, error: result.error, reason: (result.error ?? result.details)?.message, tracking_id };
  const { discount, gift, loyalty_card: loyalty } = result;
  return { valid, code: id, discount, gift, loyalty, applicable_to, inapplicable_to, order: order ?? undefined, session, tracking_id };
};

/** The redemption of a stack of one code, as the older call gives it. */
const singleRedemption = (text: string): string => {
  const { redemptions, order } = JSON.parse(text) as { redemptions: Record<string, unknown>[]; order: unknown };
  return JSON.stringify({ ...redemptions[0], order: order ?? redemptions[0]?.['order'] });
};

/** The older calls of browsers. They ask what /client/v1/validations and /client/v1/redemptions ask, of one code, and tell a guesser as little. */
export const createClientCheckoutRoutes = ({ checkout }: ClientCheckoutRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/client/v1/validate',
    tag,
    summary: 'Tell whether one code applies, from a browser (older call)',
    description: 'It does not say why a code does not apply.',
    scope: 'validations:write',
    guessable: true,
    query: clientValidateQuery,
    responses: { 200: { description: 'Whether it applies', schema: clientValidationSchema } },
    handler: async ({ query: body, project, apiKey, requestId }) => {
      const question = stackQuestion({ project, apiKey, requestId, body }, 'client');
      const code = body.redeemables[0]!.id;
      if (!question.session) return { status: 200, body: singleView((await checkout.validate(question)) as unknown as StackAnswer, code) };
      const answer = answerOf(await checkout.validateAndLock(question));
      return answer.status === 200
        ? { ...answer, text: JSON.stringify(singleView(JSON.parse(answer.text!) as StackAnswer, code)) }
        : answer;
    },
  }),
  route({
    method: 'post',
    path: '/client/v1/redeem',
    tag,
    summary: 'Redeem one code, from a browser (older call)',
    description: 'It does not say why a code does not apply.',
    scope: 'redemptions:write',
    guessable: true,
    query: clientRedeemQuery,
    body: clientRedeemBody,
    responses: {
      200: { description: 'The redemption', schema: redemptionSchema },
      404: { description: 'The code cannot be used; nothing was redeemed' },
    },
    handler: async (context): Promise<Answer> => {
      const question = stackQuestion(asked(context), 'client');
      const answer = answerOf(await checkout.redeem({ ...question, ...onceOf(context) }));
      return answer.status === 200 ? { ...answer, text: singleRedemption(answer.text!) } : answer;
    },
  }),
];

type Redeem = RequestContext<unknown, { code: string }, Parameters<typeof stackQuestion>[0]['body'] | object>;

const asked = ({ project, apiKey, requestId, query, body }: Redeem) => ({
  project,
  apiKey,
  requestId,
  body: { ...body, redeemables: [{ object: 'voucher' as const, id: query.code }] },
});

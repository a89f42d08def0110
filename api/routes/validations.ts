import type { CheckoutRequest } from '../../activities/checkout/request.ts';
import type { Checkout } from '../../activities/checkout/checkout.ts';
import { answerOf } from '../checkout/answer.ts';
import { singleQuestion, stackQuestion } from '../checkout/request.ts';
import { route, type Answer, type Route } from '../http/route.ts';
import { redeemablesBody, singleBody, voucherCode } from '../schemas/redeemable.ts';
import { validationSchema, voucherValidationSchema } from '../schemas/validation.ts';

export interface ValidationRoutesDeps {
  checkout: Pick<Checkout, 'validate' | 'validateAndLock'>;
}

const tag = 'Validations';

export const createValidationRoutes = ({ checkout }: ValidationRoutesDeps): Route[] => {
  const answer = async (question: CheckoutRequest): Promise<Answer> =>
    question.session ? answerOf(await checkout.validateAndLock(question)) : { status: 200, body: await checkout.validate(question) };

  return [
    route({
      method: 'post',
      path: '/v1/validations',
      tag,
      summary: 'Tell whether codes apply to an order',
      description: 'Each code in turn takes its discount of what those before it left. One that does not apply makes the whole invalid.',
      scope: 'validations:write',
      guessable: true,
      body: redeemablesBody,
      responses: { 200: { description: 'What applies, or why not', schema: validationSchema } },
      handler: (context) => answer(stackQuestion(context, 'stack')),
    }),
    route({
      method: 'post',
      path: '/v1/vouchers/{code}/validate',
      tag,
      summary: 'Tell whether one code applies (older call)',
      scope: 'validations:write',
      guessable: true,
      params: voucherCode,
      body: singleBody,
      responses: { 200: { description: 'Whether it applies, or why not', schema: voucherValidationSchema } },
      handler: (context) => answer(singleQuestion(context)),
    }),
    route({
      method: 'post',
      path: '/client/v1/validations',
      tag,
      summary: 'Tell whether codes apply to an order, from a browser',
      description: 'It does not say why a code does not apply.',
      scope: 'validations:write',
      guessable: true,
      body: redeemablesBody,
      responses: { 200: { description: 'What applies', schema: validationSchema } },
      handler: (context) => answer(stackQuestion(context, 'client')),
    }),
  ];
};

import type { Checkout } from '../../activities/checkout.ts';
import { singleQuestion, stackQuestion } from '../checkout-request.ts';
import { route, type Route } from '../route.ts';
import { redeemablesBody, singleBody, voucherCode } from '../schemas/redeemable.ts';
import { validationSchema, voucherValidationSchema } from '../schemas/validation.ts';

export interface ValidationRoutesDeps {
  checkout: Pick<Checkout, 'validate'>;
}

const tag = 'Validations';

export const createValidationRoutes = ({ checkout }: ValidationRoutesDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/validations',
    tag,
    summary: 'Tell whether codes apply to an order',
    description: 'Each code in turn takes its discount of what those before it left. One that does not apply makes the whole invalid.',
    scope: 'validations:write',
    body: redeemablesBody,
    responses: { 200: { description: 'What applies, or why not', schema: validationSchema } },
    handler: async (context) => ({ status: 200, body: await checkout.validate(stackQuestion(context, 'stack')) }),
  }),
  route({
    method: 'post',
    path: '/v1/vouchers/{code}/validate',
    tag,
    summary: 'Tell whether one code applies (older call)',
    scope: 'validations:write',
    params: voucherCode,
    body: singleBody,
    responses: { 200: { description: 'Whether it applies, or why not', schema: voucherValidationSchema } },
    handler: async (context) => ({ status: 200, body: await checkout.validate(singleQuestion(context)) }),
  }),
  route({
    method: 'post',
    path: '/client/v1/validations',
    tag,
    summary: 'Tell whether codes apply to an order, from a browser',
    description: 'It does not say why a code does not apply.',
    scope: 'validations:write',
    body: redeemablesBody,
    responses: { 200: { description: 'What applies', schema: validationSchema } },
    handler: async (context) => ({ status: 200, body: await checkout.validate(stackQuestion(context, 'client')) }),
  }),
];

import type { RunFastForward } from '../../activities/time-travel/fast-forward.ts';
import { route, type Route } from '../http/route.ts';
import { customerParams } from '../schemas/customer.ts';
import { fastForwardBody, fastForwardSchema } from '../schemas/enrolment.ts';

export interface FastForwardRoutesDeps {
  fastForward: RunFastForward;
}

export const createFastForwardRoutes = ({ fastForward }: FastForwardRoutesDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/customers/{id}/fast-forward',
    tag: 'Sandbox',
    summary: 'Turn a customer’s clock forward',
    description:
      'Only in a sandbox. Everything that is due on the way happens, in order, on the real engine; validation, redemption and expiry follow the ' +
      'customer’s clock. One forward at a time for a customer. With the same Idempotency-Key the answer is the same, and a forward that was broken ' +
      'off goes on.',
    scope: 'customers:write',
    params: customerParams,
    body: fastForwardBody,
    responses: {
      200: { description: 'What happened on the way', schema: fastForwardSchema },
      403: { description: 'The project is live' },
      404: { description: 'There is no such customer' },
      409: { description: 'The customer is travelling already, or the Temporal server does not allow time skipping' },
    },
    handler: async ({ project, params, body, idempotencyKey }) => {
      const answer = await fastForward({ project, customer: params.id, duration: body.duration, key: idempotencyKey });
      return { status: 200, body: answer };
    },
  }),
];

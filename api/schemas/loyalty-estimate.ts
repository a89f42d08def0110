import { z } from 'zod';
import { customerInput } from './customer.ts';
import { orderBody } from './kept-order.ts';

export const estimateBody = z
  .strictObject({
    customer: customerInput.refine((told) => told.id !== undefined || told.source_id !== undefined, {
      path: ['source_id'],
      error: 'must be given, or id: it says who the customer is',
    }),
    order: orderBody.meta({
      description: 'A cart, or the id or source_id of an order that is kept; what is told beside counts instead of what is kept',
    }),
  })
  .meta({ id: 'PointsEstimateInput' });

export const estimateSchema = z
  .object({
    campaign: z.object({ id: z.string(), name: z.string(), object: z.literal('campaign') }),
    points_estimation: z.int(),
    earning_rules: z
      .array(z.object({ id: z.string(), source: z.object({ banner: z.string().optional() }), points: z.int() }))
      .meta({ description: 'Which rules give them' }),
  })
  .meta({ id: 'PointsEstimate' });

import { z } from 'zod';
import { capGroup, localTimeOfDay, windowOfUse } from '../../domain/journey/fields.ts';

const quietHours = z
  .strictObject({ from: localTimeOfDay, to: localTimeOfDay })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must be another time than from' })
  .meta({ description: 'Local times of the customer; over midnight where from is the later one' });

export const sendingRulesBody = z.strictObject({
  quiet_hours: quietHours.nullable().default(null),
  frequency_caps: z
    .record(capGroup, z.strictObject({ limit: z.int().min(1).max(1000), per: windowOfUse }))
    .default({})
    .meta({ description: 'By name: at most so many mails to one customer, over all journeys, in any such stretch of time' }),
});

export const sendingRulesSchema = z
  .object({
    object: z.literal('sending_rules'),
    quiet_hours: z.object({ from: z.string(), to: z.string() }).nullable(),
    frequency_caps: z.record(z.string(), z.object({ limit: z.int(), per: z.string() })),
  })
  .meta({ id: 'SendingRules' });

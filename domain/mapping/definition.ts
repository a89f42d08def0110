import { z } from 'zod';

const cel = z.string().trim().min(1).max(2000);

const customer = z
  .strictObject({
    /** What the sender calls the customer; whoever has the same one is the same customer. */
    source_id: cel.optional(),
    /** Where there is no `source_id`, the customer who is known by this address; nobody is made. */
    email: cel.optional(),
    name: cel.optional(),
    first_name: cel.optional(),
    last_name: cel.optional(),
    phone: cel.optional(),
    timezone: cel.optional(),
    locale: cel.optional(),
    /** A map; its keys are added to what is known. */
    metadata: cel.optional(),
  })
  .refine((value) => value.source_id !== undefined || value.email !== undefined, {
    path: ['source_id'],
    message: 'is needed, or an email by which the customer is known',
  });

const rule = z.strictObject({
  /** Which payloads this rule is for; the first rule that fits maps the payload. */
  when: cel.optional(),
  /** The name of the event. */
  event: cel,
  /** The sender's id of the event; else the one that its webhook was delivered under. */
  event_id: cel.optional(),
  /** A time in ISO 8601, or a number of seconds or milliseconds since 1970; else when the post came. */
  occurred_at: cel.optional(),
  /** Whom it is about; null: nobody, which has to be said, since such an event enters no journey. */
  customer: customer.nullable(),
  /** A map: the event's data. */
  properties: cel.optional(),
  /** The address gets no more mail: none at all after a bounce or a complaint, no marketing after an unsubscribe. */
  suppress: z
    .strictObject({
      reason: z.enum(['bounced', 'complained', 'unsubscribed']),
      /** Left out: the customer's. */
      email: cel.optional(),
      /** Left out: every topic. */
      topic: cel.optional(),
    })
    .optional(),
});

const passOver = z.strictObject({ when: cel.optional(), ignore: z.literal(true) });

/**
 * How payloads become events, as people write it. Every text is a CEL expression over `payload`, `headers` (lower case) and `item`
 * (an entry of `each`, else the payload). A plain path such as `payload.data.email` that leads nowhere leaves its field out; in
 * any other expression a missing key is an error, unless `has()` asks first.
 */
export const mappingDefinition = z.strictObject({
  /** A list in the payload, each entry of which is an event. */
  each: cel.optional(),
  rules: z
    .array(z.union([rule, passOver]))
    .min(1)
    .max(50),
});

export type MappingDefinition = z.output<typeof mappingDefinition>;
export type MappingRule = z.output<typeof rule>;

/** For `{"type", "timestamp", "data": {"id", "email", "first_name", …}}`, the shape that Standard Webhooks recommends: data is the customer. */
export const standardMapping: MappingDefinition = {
  rules: [
    {
      event: 'payload.type',
      occurred_at: 'payload.timestamp',
      customer: {
        source_id: 'payload.data.id',
        email: 'payload.data.email',
        name: 'payload.data.name',
        first_name: 'payload.data.first_name',
        last_name: 'payload.data.last_name',
        phone: 'payload.data.phone',
        timezone: 'payload.data.timezone',
        locale: 'payload.data.locale',
        metadata: 'payload.data.metadata',
      },
      properties: 'payload.data',
    },
  ],
};

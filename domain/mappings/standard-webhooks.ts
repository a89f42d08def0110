import type { MappingDefinition } from '../mapping-definition.ts';

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

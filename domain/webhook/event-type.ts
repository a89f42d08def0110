import type { z } from 'zod';

/** What an event of ours carries in `data`: fields may be added, and none is taken away or changes its kind. */
export interface WebhookEventType {
  type: string;
  description: string;
  data: z.ZodType;
  /** An event of this type, as a test sends it. */
  example: Record<string, unknown>;
}

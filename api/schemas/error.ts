import { z } from 'zod';

export const errorSchema = z
  .object({
    code: z.int().meta({ description: 'The HTTP status' }),
    key: z.string().meta({ description: 'What went wrong, for programs' }),
    message: z.string().meta({ description: 'What went wrong, for people' }),
    details: z.string(),
    request_id: z.string(),
    resource_id: z.string().optional(),
    resource_type: z.string().optional(),
    error: z.object({ message: z.string() }).optional(),
    errors: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          line: z.int().optional().meta({ description: 'In the text of a definition, from 1' }),
          column: z.int().optional(),
          step: z.string().optional().meta({ description: 'The step of a journey' }),
        }),
      )
      .optional()
      .meta({ description: 'Every field that is wrong' }),
  })
  .meta({ id: 'Error' });

import { z } from 'zod';

/** The name of a header in a provider's settings, in lower case. */
export const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/, 'is a header name')
  .transform((name) => name.toLowerCase());

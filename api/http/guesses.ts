import type { RequestContext } from './route.ts';

/**
 * Whether an answer says of a code that it does not exist. The checkout's answers come as the text that is kept and given again, and it is
 * the text that tells: of one code or of one among several, and in a browser of every code that is refused.
 */
export const tellsOfUnknownCode = (text: string | undefined): boolean =>
  text !== undefined && text.includes('"key":"not_found"') && !text.includes('"resource_type":"customer"');

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const nameIn = (part: unknown): string | null => {
  if (typeof part !== 'object' || part === null || !('customer' in part)) return null;
  const { customer } = part;
  if (typeof customer !== 'object' || customer === null) return null;
  const told = customer as { id?: unknown; source_id?: unknown };
  return textOf(told.source_id) ?? textOf(told.id);
};

/** The customer that a request names, by what it names them. */
export const customerOf = ({ body, query }: RequestContext): string | null => nameIn(body) ?? nameIn(query);

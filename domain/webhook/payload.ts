const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Integers past 2^53 stay the digits they are: rounded, the ids of two customers would become one. */
const exactly = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
    ? context?.source
    : value;

/** A payload as JSON. Throws an Error that says what is wrong with it. */
export const parsePayload = (body: Uint8Array): unknown => {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw new Error('the body is not UTF-8');
  }
  try {
    // The reviver makes parsing slow, so only numbers that may need it get it.
    return /\d{16}/.test(text) ? JSON.parse(text, exactly) : JSON.parse(text);
  } catch (error) {
    throw new Error(`the body is not JSON: ${(error as Error).message}`, { cause: error });
  }
};

/** Text that Postgres cannot keep: NUL, and halves of surrogate pairs. */
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** Where a value holds text that cannot be kept, such as `data.name`, or null. */
export const unstorablePath = (value: unknown, path: string): string | null => {
  if (typeof value === 'string') return isStorable(value) ? null : path;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = isStorable(key) ? unstorablePath(inner, `${path}.${key}`) : `${path}: a key`;
    if (found !== null) return found;
  }
  return null;
};

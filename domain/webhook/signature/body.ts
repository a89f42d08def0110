/** A body as JSON; undefined where it is none. */
export const bytesAsJson = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
};

/** A body as a JSON object; null where it is none. */
export const bytesAsObject = (body: Uint8Array): Record<string, unknown> | null => {
  const value = bytesAsJson(body);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
};

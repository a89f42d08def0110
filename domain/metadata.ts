/** What is known with what is told, key by key; null takes a key away. */
export const mergeMetadata = (known: Record<string, unknown>, told: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...known, ...told }).filter(([, value]) => value !== null));

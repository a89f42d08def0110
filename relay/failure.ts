const INFRASTRUCTURE = /^(CONNECT|ECONN|ENOTFOUND|EPIPE|ETIMEDOUT|EAI|EHOST|ENET|08|25|40|53|55|57|58)/;

/** True where trying the same again may do, since a server or a network failed and not what was asked of it. */
export const isTransient = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && INFRASTRUCTURE.test(code);
};

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 1000);

/** `vouchers:write` is granted by itself, `vouchers:*`, `*:write`, `*:*` and `*`. A scope with `*` is granted only by one that is as wide. */
export const allows = (granted: readonly string[], scope: string): boolean => {
  const [resource, action] = scope.split(':');
  return granted.some(
    (each) => each === '*' || each === scope || each === '*:*' || each === `${resource}:*` || (action !== '*' && each === `*:${action}`),
  );
};

/** `*`, or `resource:action`, where either may be `*`. */
export const isScope = (text: string): boolean => text === '*' || /^(\*|[a-z][a-z_-]{0,39}):(\*|read|write)$/.test(text);

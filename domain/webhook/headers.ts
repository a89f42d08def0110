const HIDDEN = '[hidden]';
const CREDENTIALS = /^(proxy-)?authorization$|cookie|password|secret|token|api-?key/;
const PROOFS = /signature|hmac/;

const hide = (headers: Record<string, string>, isHidden: (name: string) => boolean): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, isHidden(name) ? HIDDEN : value]));

/**
 * Headers as they are kept: credentials have done their work when a post was proved, and are not stored. Names are lower case.
 * @param more names of headers that hold credentials besides those that look like it
 */
export const keptHeaders = (headers: Record<string, string>, more: readonly string[] = []): Record<string, string> =>
  hide(headers, (name) => CREDENTIALS.test(name) || more.includes(name));

/** Headers as they are shown: with a signature and its body somebody could post again within the allowed time. */
export const shownHeaders = (headers: Record<string, string>): Record<string, string> => hide(headers, (name) => PROOFS.test(name));

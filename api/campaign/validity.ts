import { invalidPayload } from '../../domain/errors.ts';
import type { ValidityWindow } from '../../domain/voucher/validity-window.ts';
import { changedFields, WINDOW_FIELDS } from '../../domain/voucher/template.ts';

/** What a body says of when something is valid: null takes a field away, one that is left out stays. */
type WindowChange = { [Field in keyof ValidityWindow]?: ValidityWindow[Field] | null };

/** What a creation body says of when something is valid. */
export const windowOf = (body: WindowChange): ValidityWindow =>
  Object.fromEntries(WINDOW_FIELDS.flatMap((field) => (body[field] == null ? [] : [[field, body[field]]])));

/** The window after a change. @returns undefined where it stays as it is */
export const windowAfter = (known: ValidityWindow, body: WindowChange): ValidityWindow | undefined => {
  if (WINDOW_FIELDS.every((field) => body[field] === undefined)) return undefined;
  const next = windowOf(Object.fromEntries(WINDOW_FIELDS.map((field) => [field, body[field] === undefined ? known[field] : body[field]])));
  return changedFields(known, next).length === 0 ? undefined : next;
};

/** @throws DomainError invalid_payload, where a timeframe would have no start */
export const requireStart = (window: ValidityWindow, start: Date | null): void => {
  if (window.validity_timeframe && start === null)
    throw invalidPayload([{ path: 'start_date', message: 'must be there, since validity_timeframe counts from it' }]);
};

/** What a cell of a CSV file says, as the field of a body that it stands for. What cannot be read stays a text, for the check to refuse. */

export type Cells = Readonly<Record<string, string>>;

/** `Redemption Limit`, `redemption_limit` and `redemptionLimit` are one name. */
export const columnKey = (header: string): string => header.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Exports put a ' before what a spreadsheet would take for a formula: it is not part of the value. */
export const plainText = (cell: string): string => (/^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);

export const number = (cell: string): unknown => (/^-?\d{1,16}(\.\d{1,10})?$/.test(cell) ? Number(cell) : cell);

const TRUTHS: Record<string, boolean> = { true: true, yes: true, '1': true, false: false, no: false, '0': false };

export const truth = (cell: string): unknown => TRUTHS[cell.toLowerCase()] ?? cell;

/** Without an offset it is UTC, and without minutes the full hour. */
export const time = (cell: string): unknown => {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2})(?::(\d{2})(?::(\d{2})(\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(cell);
  if (!match) return cell;
  const [, day, hour, minute = '00', second = '00', fraction = '', offset = 'Z'] = match;
  const zone = offset === 'Z' ? 'Z' : `${offset.slice(0, 3)}:${offset.slice(-2)}`;
  return hour === undefined ? day : `${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${zone}`;
};

export const json = (cell: string): unknown => {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
};

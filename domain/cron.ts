const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS = [
  { name: 'the minute', from: 0, to: 59, words: [] },
  { name: 'the hour', from: 0, to: 23, words: [] },
  { name: 'the day of the month', from: 1, to: 31, words: [] },
  { name: 'the month', from: 1, to: 12, words: MONTHS },
  // Sunday is 0 and 7.
  { name: 'the day of the week', from: 0, to: 7, words: DAYS },
] as const;

/** @returns what is wrong with a cron expression of five fields, or null */
export const cronProblem = (text: string): string | null => {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return 'must be five fields: minute, hour, day of month, month and day of week, such as "0 8 * * *"';
  for (const [index, { name, from, to, words }] of FIELDS.entries()) {
    const part = parts[index] as string;
    const valueOf = (word: string): number => {
      const known = (words as readonly string[]).indexOf(word.toLowerCase());
      if (known >= 0) return known + from;
      return /^\d{1,2}$/.test(word) ? Number(word) : NaN;
    };
    const isRight = part.split(',').every((each) => {
      const [range = '', step, ...rest] = each.split('/');
      if (rest.length > 0 || (step !== undefined && !(/^\d{1,2}$/.test(step) && Number(step) > 0))) return false;
      if (range === '*') return true;
      const [first = NaN, last = first, ...more] = range.split('-').map(valueOf);
      return more.length === 0 && first >= from && last <= to && first <= last;
    });
    if (!isRight) return `has ${part} as ${name}, which must be *, or of ${from} to ${to}`;
  }
  return null;
};

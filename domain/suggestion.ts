/** How many letters have to be changed, put in, left out or swapped with their neighbour to make one word of another. */
const distance = (one: string, other: string): number => {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= one.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1] ? 0 : 1;
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      line[column] = Math.min(
        rows[row - 1]![column]! + 1,
        line[column - 1]! + 1,
        rows[row - 1]![column - 1]! + same,
        swapped ? rows[row - 2]![column - 2]! + 1 : Infinity,
      );
    }
    rows[row] = line;
  }
  return rows[one.length]![other.length]!;
};

const MOST_LETTERS = 80;
const MOST_WORDS = 5_000;

/** What somebody who wrote this may have meant; null where nothing known comes close. Dashes and underscores count as the same. */
const nearest = (wrong: string, known: Iterable<string>): string | null => {
  const plain = (word: string): string => word.toLowerCase().replaceAll('-', '_');
  const text = plain(wrong).slice(0, MOST_LETTERS);
  let best: { word: string; away: number } | null = null;
  let seen = 0;
  for (const word of known) {
    if ((seen += 1) > MOST_WORDS) break;
    if (Math.abs(word.length - wrong.length) > 3) continue;
    const away = distance(text, plain(word).slice(0, MOST_LETTERS));
    if (away <= Math.min(3, Math.ceil(text.length / 3)) && (best === null || away < best.away)) best = { word, away };
  }
  return best?.word ?? (text.length < 4 ? null : partly(text, plain, known));
};

/** The only word of which this is the beginning or the end. */
const partly = (text: string, plain: (word: string) => string, known: Iterable<string>): string | null => {
  const found = [...known].slice(0, MOST_WORDS).filter((word) => plain(word).startsWith(`${text}_`) || plain(word).endsWith(`_${text}`));
  return found.length === 1 ? found[0]! : null;
};

/** The end of a message about a name that is not known: `; did you mean welcome?`, or nothing. */
export const didYouMean = (wrong: string, known: Iterable<string>): string => {
  const word = nearest(wrong, known);
  return word === null ? '' : `; did you mean ${word}?`;
};

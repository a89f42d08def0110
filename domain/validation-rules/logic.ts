/** How conditions go together: `(1 and 2) or 3`, read once into a tree. */
export type Logic = { rule: string } | { op: 'and' | 'or'; of: readonly Logic[] };

export class LogicError extends Error {
  override readonly name = 'LogicError';
}

const LIMITS = { length: 1000, depth: 20 };

const TOKEN = /\s*(?:([()])|([A-Za-z0-9_$-]+))/y;

/**
 * Reads logic over the ids of conditions: `and` binds stronger than `or`, parentheses go first, upper case is taken too.
 * @throws LogicError that says what is wrong with it
 */
export const parseLogic = (text: string): Logic => {
  if (text.length > LIMITS.length) throw new LogicError(`is longer than ${LIMITS.length} characters`);
  const tokens = tokensOf(text);
  let at = 0;

  const word = (name: string): boolean => tokens[at]?.toLowerCase() === name;

  const series = (op: 'and' | 'or', part: (depth: number) => Logic, depth: number): Logic => {
    const of = [part(depth)];
    while (word(op)) {
      at += 1;
      of.push(part(depth));
    }
    return of.length === 1 ? of[0]! : { op, of };
  };
  const either = (depth: number): Logic => series('or', (inner) => series('and', operand, inner), depth);
  const operand = (depth: number): Logic => {
    const token = tokens[at];
    if (token === undefined) throw new LogicError('ends where a condition should follow');
    at += 1;
    if (token === '(') {
      if (depth >= LIMITS.depth) throw new LogicError(`has more than ${LIMITS.depth} parentheses within each other`);
      const inner = either(depth + 1);
      if (tokens[at] !== ')') throw new LogicError('has a parenthesis that is not closed');
      at += 1;
      return inner;
    }
    if (token === ')' || /^(and|or)$/i.test(token)) throw new LogicError(`has "${token}" where a condition should be`);
    return { rule: token };
  };

  const logic = either(0);
  if (at < tokens.length) throw new LogicError(`has "${tokens[at]}" where "and" or "or" should be`);
  return logic;
};

const tokensOf = (text: string): string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new LogicError(`has a character that cannot be read: "${text.slice(from).trimStart()[0]}"`);
    tokens.push((match[1] ?? match[2])!);
  }
  if (tokens.length === 0) throw new LogicError('is empty');
  return tokens;
};

/** The ids of the conditions that it names. */
export const rulesIn = (logic: Logic): string[] => ('rule' in logic ? [logic.rule] : logic.of.flatMap(rulesIn));

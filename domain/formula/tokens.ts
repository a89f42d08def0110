/** What a formula is written with. */
export type Token =
  | { is: 'number'; value: number; at: number }
  | { is: 'text'; value: string; at: number }
  | { is: 'name'; value: string; at: number }
  | { is: 'sign'; value: string; at: number }
  | { is: 'end'; value: ''; at: number };

export class FormulaError extends Error {
  override readonly name = 'FormulaError';
}

const MOST_TOKENS = 500;

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|"((?:[^"\\]|\\.)*)"|([A-Za-z_][A-Za-z0-9_]*)|(>=|<=|!=|==|[-+*/%÷×=<>();,]))/y;

/** @throws FormulaError where something cannot be read */
export const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new FormulaError(`has a character that cannot be read at ${from + 1}: "${text.slice(from).trimStart()[0]}"`);
    if (tokens.length >= MOST_TOKENS) throw new FormulaError(`has more than ${MOST_TOKENS} parts`);
    tokens.push(tokenOf(match, from + 1));
  }
  if (tokens.length === 0) throw new FormulaError('is empty');
  return [...tokens, { is: 'end', value: '', at: text.length + 1 }];
};

const tokenOf = ([, number, text, name, sign]: RegExpExecArray, at: number): Token => {
  if (number !== undefined) return { is: 'number', value: Number(number), at };
  if (text !== undefined) return { is: 'text', value: text.replaceAll(/\\(.)/g, '$1'), at };
  if (name !== undefined) return { is: 'name', value: name, at };
  return { is: 'sign', value: sign!, at };
};

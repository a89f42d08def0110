import { styleText } from 'node:util';

/** Tells a story on the terminal, a line at a time. */
export interface Screen {
  chapter: (title: string) => void;
  /** What somebody did. */
  act: (who: string, what: string) => void;
  /** What was seen. */
  see: (label: string, value: string) => void;
  line: (text: string) => void;
}

const INDENT = '   ';

export const createScreen = (out: NodeJS.WriteStream): Screen => {
  const write = (text: string): void => void out.write(`${text}\n`);
  const style = (format: Parameters<typeof styleText>[0], text: string): string => styleText(format, text, { stream: out });
  let chapters = 0;
  return {
    chapter: (title) => {
      chapters += 1;
      write(`\n${style('bold', `${chapters}. ${title}`)}`);
    },
    act: (who, what) => write(`${INDENT}${style('cyan', who.padEnd(9))} ${what}`),
    see: (label, value) => write(`${INDENT}${style('dim', label.padEnd(9))} ${value}`),
    line: (text) => write(text === '' ? '' : `${INDENT}${text}`),
  };
};

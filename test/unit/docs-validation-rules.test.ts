import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EVERY_OPERATOR, operatorNamed } from '../../domain/validation-rules/operators.ts';
import { ruleKinds } from '../../domain/validation-rules/registry.ts';

const page = readFileSync(new URL('../../docs/validation-rules.md', import.meta.url), 'utf8');

/** A table as prettier writes it. */
const table = (head: string[], rows: string[][]): string => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
};

const section = (name: string): string => new RegExp(`<!-- ${name} -->\n\n([\\s\\S]*?)\n\n<!-- /${name} -->`).exec(page)?.[1] ?? '';

const VALUES: Record<string, string> = {
  amount: 'an amount',
  count: 'a count',
  text: 'a text',
  any: 'anything',
  flag: 'true or false',
  segment: 'segments',
  product: 'products, SKUs, collections',
};

test('the page tells of every kind of condition', () => {
  const rows = ruleKinds.map(({ name, description, value, property, nests }) => [
    `\`${name}\``,
    description,
    `${VALUES[value]}${property ? ', by `property`' : ''}${nests ? '; may hold `rules`' : ''}`,
  ]);
  expect(section('kinds')).toBe(table(['name', 'what it asks', 'compares'], rows));
});

test('the page tells of every operator', () => {
  const rows = EVERY_OPERATOR.map((name) => [`\`${name}\``, operatorNamed(name).description]);
  expect(section('operators')).toBe(table(['operator', 'holds where it'], rows));
});

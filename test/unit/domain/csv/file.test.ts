import * as fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { plainText } from '../../../../domain/csv/cells.ts';
import { csvOf } from '../../../../domain/csv/file.ts';

test('no cell is a formula, and numbers stay numbers', () => {
  expect(csvOf([['=HYPERLINK("x")', '+49', '-1', '@a', '\tx', -5, 1.5, true, null, { a: '"' }, 'a,b\r\nc']])).toBe(
    `"'=HYPERLINK(""x"")",'+49,'-1,'@a,'\tx,-5,1.5,true,,"{""a"":""\\""""}","a,b\r\nc"\r\n`,
  );
});

test('what is written is read again as it was', () => {
  const cell = fc.string({ unit: 'binary' }).filter((text) => !text.startsWith("'"));
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 5 }), (rows) => {
      const read = parse(csvOf(rows), { record_delimiter: ['\r\n'], relax_quotes: false });
      expect(read.map((row) => row.map(plainText))).toEqual(rows);
    }),
  );
});

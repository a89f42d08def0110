import { parentPort, workerData } from 'node:worker_threads';
import { convert } from 'html-to-text';
import mjml2html from 'mjml';

/** What the thread answers: HTML and text that are Handlebars still, or what is wrong and on which line of the MJML. */
export type Compiled = { html: string; text: string } | { problems: { line: number; message: string }[] };

/** Reads no file and fetches nothing: includes are off, and no font is linked. */
const compile = async (mjml: string): Promise<Compiled> => {
  const { html, errors } = await mjml2html(mjml, { validationLevel: 'soft', ignoreIncludes: true, keepComments: false, fonts: {} });
  if (errors.length > 0) return { problems: errors.map(({ line, message }) => ({ line, message })) };
  return { html: html.replaceAll(/^[ \t]+|[ \t]+$/gm, '').replaceAll(/\n{2,}/g, '\n'), text: textOf(html) };
};

const textOf = (html: string): string =>
  convert(html, {
    wordwrap: false,
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'div[style*="display:none"]', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true } },
      ...['h1', 'h2', 'h3'].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  })
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();

try {
  parentPort?.postMessage(await compile(workerData as string));
} catch (error) {
  parentPort?.postMessage({ problems: [{ line: 1, message: (error as Error).message }] } satisfies Compiled);
}

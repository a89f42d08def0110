import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { FieldProblem } from '../../domain/errors.ts';
import { checkTemplateText } from '../../domain/template/check.ts';
import { parseTemplateSource, refuseTemplate, type TemplateSource } from '../../domain/template/source.ts';
import type { Compiled } from './compile-thread.ts';

/** A template that can be rendered: subject, HTML and text are Handlebars. */
export interface CompiledTemplate {
  source: string;
  hash: string;
  subject: string;
  topic: string | null;
  html: string;
  text: string;
}

const TIME_LIMIT_MS = 15_000;
const MEMORY_LIMIT_MB = 256;

export const templateHash = (source: string): string => createHash('sha256').update(source).digest('hex');

/**
 * Checks a template and compiles its MJML, in a thread of its own, whose time and memory are limited.
 * @throws DomainError `definition_invalid` that names everything wrong, each with its line
 */
export const compileTemplate = async (source: string): Promise<CompiledTemplate> => {
  const template = parseTemplateSource(source);
  const { subject, preview, topic, text, body, bodyLine } = template;
  const problems = [
    ...checkTemplateText(subject, 'subject'),
    ...(preview ? checkTemplateText(preview, 'preview') : []),
    ...(text ? checkTemplateText(text, 'text') : []),
    ...checkTemplateText(body, 'body', bodyLine),
    ...checkElements(template),
  ];
  if (problems.length > 0) throw refuseTemplate(problems);
  const compiled = await compileMjml(withPreview(template));
  if ('problems' in compiled)
    throw refuseTemplate(compiled.problems.map(({ line, message }) => ({ path: `body, line ${line + bodyLine - 1}`, message })));
  const lost = lostTags(template, compiled.html);
  if (lost.length > 0) throw refuseTemplate(lost);
  return { source, hash: templateHash(source), subject, topic, html: compiled.html, text: text ?? compiled.text };
};

const checkElements = ({ body, bodyLine, preview }: TemplateSource): FieldProblem[] => {
  const lineOf = (index: number) => `body, line ${bodyLine + body.slice(0, index).split('\n').length - 1}`;
  const problems = [...body.matchAll(/<mj-include\b/gi)].map(({ index }) => ({
    path: lineOf(index),
    message: 'mj-include is not allowed: a template is one file',
  }));
  const own = /<mj-preview\b/i.exec(body);
  if (own && preview) problems.push({ path: lineOf(own.index), message: 'the front matter has a preview already' });
  return problems;
};

/** Puts the front matter's preview into the head, on no line of its own, so that MJML's line numbers stay right. */
const withPreview = ({ body, preview }: TemplateSource): string => {
  if (!preview) return body;
  const element = `<mj-preview>${preview.replaceAll(/\s+/g, ' ').trim()}</mj-preview>`;
  if (/<mj-head\s*>/i.test(body)) return body.replace(/<mj-head\s*>/i, (head) => head + element);
  return body.replace(/<mjml[^>]*>/i, (root) => `${root}<mj-head>${element}</mj-head>`);
};

/** MJML drops text between components without a word. A condition or a variable that fell away so is said here. */
const lostTags = ({ body, bodyLine }: TemplateSource, html: string): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const counts = new Map<string, number>();
  for (const { 0: tag, index } of body.matchAll(/\{\{(?!!).*?\}\}/gs)) {
    const count = (counts.get(tag) ?? 0) + 1;
    counts.set(tag, count);
    if (html.split(tag).length - 1 < count)
      problems.push({
        path: `body, line ${bodyLine + body.slice(0, index).split('\n').length - 1}`,
        message: `${tag} stands where MJML drops it; put it into a text, or around components into <mj-raw>${tag}</mj-raw>`,
      });
  }
  return problems;
};

const compileMjml = async (mjml: string): Promise<Compiled> => {
  const thread = new Worker(new URL('./compile-thread.ts', import.meta.url), {
    workerData: mjml,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB, maxYoungGenerationSizeMb: 64 },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Compiled>((resolve) => {
      const refuse = (message: string) => resolve({ problems: [{ line: 1, message }] });
      timer = setTimeout(() => refuse(`takes longer than ${TIME_LIMIT_MS / 1000} s to compile`), TIME_LIMIT_MS);
      thread.once('message', resolve);
      thread.once('error', (error) => refuse(`cannot be compiled: ${error.message}`));
      thread.once('exit', () => refuse('cannot be compiled'));
    });
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
};

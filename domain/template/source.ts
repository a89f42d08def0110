import { parseDocument } from 'yaml';
import { DomainError, type FieldProblem } from '../errors.ts';

/** A mail template as its author writes it: front matter in YAML, and the body in MJML. */
export interface TemplateSource {
  subject: string;
  /** What an inbox shows beside the subject. */
  preview: string | null;
  topic: string | null;
  /** The text version; null: it is made from the HTML. */
  text: string | null;
  body: string;
  /** The line of the file that the body starts on. */
  bodyLine: number;
}

export const MAX_TEMPLATE_LENGTH = 200_000;

const FRONT_MATTER = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*\r?\n/;
const FIELDS = ['subject', 'preview', 'topic', 'text'] as const;

export const refuseTemplate = (fields: FieldProblem[]): DomainError =>
  new DomainError('definition_invalid', 'The template cannot be published.', {
    details: fields.map((field) => `${field.path}: ${field.message}`).join('\n'),
    fields,
  });

/** @throws DomainError `definition_invalid` that names everything wrong with the front matter */
export const parseTemplateSource = (source: string): TemplateSource => {
  if (source.length > MAX_TEMPLATE_LENGTH)
    throw refuseTemplate([{ path: 'source', message: `has ${source.length} characters; at most ${MAX_TEMPLATE_LENGTH} are allowed` }]);
  const match = FRONT_MATTER.exec(source);
  if (!match?.[1])
    throw refuseTemplate([{ path: 'line 1', message: 'start with front matter: a line ---, subject: …, a line ---, then the MJML' }]);
  const document = parseDocument(match[1], { maxAliasCount: 0 } as never);
  const problems = document.errors.map((error) => ({
    path: `line ${(error.linePos?.[0].line ?? 0) + 1}`,
    message: error.message.split('\n')[0] ?? '',
  }));
  if (problems.length > 0) throw refuseTemplate(problems);
  const matter: unknown = document.toJS();
  if (typeof matter !== 'object' || matter === null || Array.isArray(matter))
    throw refuseTemplate([{ path: 'line 2', message: 'front matter is a map: subject, and preview, topic and text if you like' }]);
  const fields = readFields(matter as Record<string, unknown>);
  return { ...fields, body: source.slice(match[0].length), bodyLine: match[0].split('\n').length };
};

const readFields = (matter: Record<string, unknown>): Omit<TemplateSource, 'body' | 'bodyLine'> => {
  const problems: FieldProblem[] = [];
  for (const [name, value] of Object.entries(matter)) {
    if (!FIELDS.includes(name as never))
      problems.push({ path: name, message: `is not a field of a template; those are ${FIELDS.join(', ')}` });
    else if (typeof value !== 'string') problems.push({ path: name, message: 'must be text; put it in quotes' });
  }
  const text = (name: (typeof FIELDS)[number]): string | null =>
    typeof matter[name] === 'string' && matter[name].trim() !== '' ? matter[name] : null;
  const subject = text('subject');
  if (subject === null) problems.push({ path: 'subject', message: 'is missing' });
  if (subject === null || problems.length > 0) throw refuseTemplate(problems);
  return { subject: subject.trim(), preview: text('preview'), topic: text('topic'), text: text('text') };
};

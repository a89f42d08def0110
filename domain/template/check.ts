import Handlebars from 'handlebars';
import type { FieldProblem } from '../errors.ts';
import { TEMPLATE_HELPERS } from './template-helpers.ts';
import { shapeAt, TEMPLATE_VARIABLES, type Shape } from './variables.ts';

type Scope = { shape: Shape; names: Record<string, Shape> };
type Report = (node: hbs.AST.Node, message: string) => void;

const BLOCKS = ['if', 'unless', 'each', 'with'];

/**
 * Names every variable and helper of a Handlebars text that a mail will not have, and everything that mails do not allow: partials,
 * decorators, and output that is not escaped.
 * @param place what the text is, such as `subject`
 * @param firstLine the line of the file that it starts on
 */
export const checkTemplateText = (text: string, place: string, firstLine = 1): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(text);
  } catch (error) {
    const message = (error as Error).message;
    const line = Number(/line (\d+)/i.exec(message)?.[1] ?? 1) + firstLine - 1;
    return [{ path: `${place}, line ${line}`, message: message.split('\n').at(-1) ?? message }];
  }
  const report: Report = (node, message) => {
    problems.push({ path: `${place}, line ${node.loc.start.line + firstLine - 1}`, message });
  };
  checkProgram(program, [{ shape: TEMPLATE_VARIABLES, names: {} }], report);
  return problems;
};

const checkProgram = (program: hbs.AST.Program | undefined, scopes: Scope[], report: Report): void => {
  for (const statement of program?.body ?? []) checkStatement(statement, scopes, report);
};

const checkStatement = (statement: hbs.AST.Statement, scopes: Scope[], report: Report): void => {
  switch (statement.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return;
    case 'MustacheStatement':
      return checkMustache(statement as hbs.AST.MustacheStatement, scopes, report);
    case 'BlockStatement':
      return checkBlock(statement as hbs.AST.BlockStatement, scopes, report);
    default:
      report(statement, 'partials and decorators are not allowed in a mail');
  }
};

const checkMustache = (mustache: hbs.AST.MustacheStatement, scopes: Scope[], report: Report): void => {
  const name = (mustache.path as hbs.AST.PathExpression).original;
  if (!mustache.escaped) report(mustache, `{{{${name}}}} would not be escaped; write {{${name}}}`);
  if (mustache.hash) report(mustache, `${name} takes no named arguments`);
  const helper = typeof name === 'string' && Object.hasOwn(TEMPLATE_HELPERS, name) ? TEMPLATE_HELPERS[name] : undefined;
  if (!helper && mustache.params.length > 0)
    return report(mustache, `unknown helper ${name}; there are ${Object.keys(TEMPLATE_HELPERS).join(', ')}`);
  if (helper && mustache.params.length !== helper.arguments)
    report(mustache, `${name} takes ${helper.arguments} argument(s), not ${mustache.params.length}`);
  for (const expression of helper ? mustache.params : [mustache.path]) checkExpression(expression, scopes, report);
};

const checkBlock = (block: hbs.AST.BlockStatement, scopes: Scope[], report: Report): void => {
  const name = block.path.original;
  if (!BLOCKS.includes(name)) return report(block, `unknown block ${name}; there are ${BLOCKS.join(', ')}`);
  const [subject] = block.params;
  if (!subject || block.params.length !== 1) return report(block, `${name} takes 1 argument, not ${block.params.length}`);
  const shape = checkExpression(subject, scopes, report);
  checkProgram(block.program, name === 'each' || name === 'with' ? [inner(block, shape), ...scopes] : scopes, report);
  checkProgram(block.inverse, scopes, report);
};

/** What `each` and `with` see inside: one element, or the object itself; and their block parameters. */
const inner = (block: hbs.AST.BlockStatement, shape: Shape): Scope => {
  const of: Shape = block.path.original === 'with' ? shape : typeof shape === 'object' ? (shape['*'] ?? 'anything') : 'anything';
  const [first, second] = block.program.blockParams ?? [];
  return { shape: of, names: { ...(first && { [first]: of }), ...(second && { [second]: 'value' as const }) } };
};

const checkExpression = (expression: hbs.AST.Expression, scopes: Scope[], report: Report): Shape => {
  if (expression.type === 'SubExpression') {
    report(expression, 'a helper inside another is not allowed');
    return 'anything';
  }
  if (expression.type !== 'PathExpression') return 'value';
  const path = expression as hbs.AST.PathExpression;
  const { parts } = path;
  if (path.data) {
    if (!['index', 'key', 'first', 'last'].includes(parts[0] ?? '')) report(path, `unknown variable ${path.original}`);
    return 'value';
  }
  const named = path.depth === 0 ? scopes.find((scope) => parts[0] !== undefined && Object.hasOwn(scope.names, parts[0])) : undefined;
  const root = named ? (named.names[parts[0] as string] as Shape) : (scopes[path.depth]?.shape ?? 'value');
  const within = named ? parts.slice(1) : parts;
  const shape = shapeAt(root, within);
  if (shape !== null) return shape;
  const unknownAt = within.findIndex((_, index) => shapeAt(root, within.slice(0, index + 1)) === null);
  const parent = shapeAt(root, within.slice(0, unknownAt));
  const known = typeof parent === 'object' && parent !== null ? `; there are ${Object.keys(parent).join(', ')}` : '';
  report(path, `unknown variable ${path.original}${known}`);
  return 'anything';
};

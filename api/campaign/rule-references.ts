import type { Tx } from '../../db/client.ts';
import { findReferences } from '../../db/validation-rules/rule-references.ts';
import { lockRules, type ValidationRule } from '../../db/validation-rules/validation-rules.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { referencesOf } from '../../domain/validation-rules/references.ts';
import type { RuleDefinition } from '../../domain/validation-rules/rule.ts';

/**
 * The ids of all that a rule names.
 * @throws DomainError invalid_payload, naming all that does not exist
 */
export const requireReferences = async (tx: Tx, projectId: string, definition: RuleDefinition): Promise<string[]> => {
  const references = referencesOf(definition);
  const found = await findReferences(tx, projectId, references);
  const missing = references.filter(({ name }) => !found.has(name));
  if (missing.length > 0)
    throw new DomainError('invalid_payload', 'The rule names what does not exist.', {
      fields: missing.map(({ path, object, name }) => ({
        path,
        message: `names the ${object.replace('_', ' ')} ${name}, which does not exist`,
      })),
    });
  return [...new Set(references.map(({ name }) => found.get(name)!))];
};

/**
 * Locks the rules that a request assigns. To be called before anything else is locked.
 * @throws DomainError invalid_payload, naming all that does not exist
 */
export const requireRules = async (tx: Tx, projectId: string, ids: readonly string[]): Promise<Map<string, ValidationRule>> => {
  const found = await lockRules(tx, projectId, [...ids]);
  const missing = ids.flatMap((id, index) =>
    found.has(id) ? [] : [{ path: `validation_rules[${index}]`, message: `names the validation rule ${id}, which does not exist` }],
  );
  if (missing.length > 0) throw invalidPayload(missing);
  return found;
};

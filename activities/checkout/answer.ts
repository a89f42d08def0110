import { DomainError, type ErrorKey } from '../../domain/errors.ts';

/** A request that is refused as such, as plain JSON, since it may come from a Temporal activity. */
export interface RequestRefusal {
  key: ErrorKey;
  message: string;
  details: string;
  resource: { id?: string; type?: string };
}

/** What a write of the checkout answers: as it was kept with its effect, or why the request itself was refused. */
export type CheckoutAnswer =
  | {
      status: number;
      /** JSON text. */
      body: string;
      /** True where the answer was given before to the same Idempotency-Key. */
      replayed: boolean;
    }
  | { refused: RequestRefusal };

export const refused = ({ key, message, details, resource }: DomainError): { refused: RequestRefusal } => ({
  refused: { key, message, details, resource },
});

/** A refusal as it is answered, and kept with the Idempotency-Key. */
export const refusalAnswer = ({ key, message, details, resource }: DomainError, requestId: string) => {
  const status = key === 'not_found' || key === 'resource_not_found' ? 404 : 400;
  return {
    status,
    body: { code: status, key, message, details, request_id: requestId, resource_id: resource.id, resource_type: resource.type },
  };
};

export const errorOf = ({ key, message, details, resource }: RequestRefusal): DomainError =>
  new DomainError(key, message, { details, resource });

import { createSecureContext } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import type { z } from 'zod';
import type { EndpointConfig, EndpointSecrets } from '../../db/webhook/endpoints.ts';
import { DomainError, type FieldProblem } from '../../domain/errors.ts';
import { urlProblem, type AddressPolicy } from '../../domain/delivery/web-address.ts';
import { RENDERED_EVENT } from '../../domain/webhook/formats/registry.ts';
import type { createEndpointBody, updateEndpointBody } from '../schemas/endpoint.ts';

type Created = z.output<typeof createEndpointBody>;
type Changes = z.output<typeof updateEndpointBody>;

const certificateProblem = ({ cert, key, ca }: NonNullable<Created['client_certificate']>): string | null => {
  try {
    createSecureContext({ cert, key, ...(ca !== null && { ca }) });
    return new X509Certificate(cert).subject === undefined ? 'must have a subject' : null;
  } catch (error) {
    return `cannot be used: ${(error as Error).message}`;
  }
};

/**
 * What the body's schema cannot know: where webhooks may go, and what does not go together.
 * @throws DomainError invalid_payload
 */
export const checkEndpoint = (body: Changes, before: EndpointConfig | null, addresses: AddressPolicy): void => {
  const fields: FieldProblem[] = [];
  const tell = (path: string, message: string | null): void => {
    if (message !== null) fields.push({ path, message });
  };
  if (body.url !== undefined) tell('url', urlProblem(body.url, addresses));
  if (body.oauth) tell('oauth.token_url', urlProblem(body.oauth.token_url, addresses));
  if (body.client_certificate) tell('client_certificate', certificateProblem(body.client_certificate));
  const format = body.format === undefined ? before?.format : body.format;
  const types = body.event_types ?? before?.event_types ?? [];
  if (format && types.some((type) => type !== RENDERED_EVENT))
    tell('event_types', `must be ${RENDERED_EVENT} alone: an email system understands nothing else`);
  if (fields.length === 0) return;
  const details = fields.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new DomainError('invalid_payload', 'This endpoint cannot be used as it is.', { details, fields });
};

/** The configuration after a change; without one before, of a new endpoint. */
export const configOf = (body: Changes & { url: string }, before: Partial<EndpointConfig>): EndpointConfig => {
  const kept = <K extends 'retry_schedule' | 'filter' | 'format' | 'owner_email'>(field: K): Pick<EndpointConfig, K> => {
    const value = body[field] === undefined ? before[field] : (body[field] ?? undefined);
    return (value === undefined ? {} : { [field]: value }) as Pick<EndpointConfig, K>;
  };
  const format = body.format === undefined ? before.format : body.format;
  return {
    url: body.url,
    event_types: body.event_types ?? before.event_types ?? (format ? [RENDERED_EVENT] : ['*']),
    description: body.description === undefined ? (before.description ?? null) : body.description,
    ordered: body.ordered ?? before.ordered ?? false,
    disable_after_days: body.disable_after_days === undefined ? (before.disable_after_days ?? null) : body.disable_after_days,
    ...kept('retry_schedule'),
    ...kept('filter'),
    ...kept('format'),
    ...kept('owner_email'),
  };
};

/** What the configuration says of what is sealed: whether it signs in. */
export const signsIn = ({ oauth, aws, certificate }: EndpointSecrets): Pick<EndpointConfig, 'signs_in'> =>
  oauth === undefined && aws === undefined && certificate === undefined ? {} : { signs_in: true };

/**
 * What is sealed, after a change.
 * @throws DomainError invalid_payload where two things would write the same header
 */
export const secretsOf = (body: Changes, before: EndpointSecrets): EndpointSecrets => {
  const { oauth = before.oauth ?? null, aws = before.aws ?? null, client_certificate: certificate = before.certificate ?? null } = body;
  if (oauth !== null && aws !== null) {
    const message = 'signs requests in another way than oauth: set one of them to null';
    throw new DomainError('invalid_payload', 'This endpoint cannot be used as it is.', {
      details: `aws: ${message}`,
      fields: [{ path: 'aws', message }],
    });
  }
  return {
    signing: before.signing,
    headers: body.headers ?? before.headers,
    ...(oauth !== null && { oauth }),
    ...(aws !== null && { aws }),
    ...(certificate !== null && { certificate }),
  };
};

import { isGrpcServiceError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { SEARCH_ATTRIBUTES } from '../workflows/contracts.ts';

/** As Temporal numbers the types of search attributes. */
const KEYWORD = 2;
const INT = 3;

const ALREADY_EXISTS = 6;

/**
 * Lets executions be found by journey, version and project, where the server allows that they are registered. Repeatable; without them
 * everything works, and is only found less easily.
 */
export const ensureSearchAttributes = async (client: Client, log: Logger): Promise<void> => {
  const { namespace } = client.options;
  const types = { [SEARCH_ATTRIBUTES.project]: KEYWORD, [SEARCH_ATTRIBUTES.journey]: KEYWORD, [SEARCH_ATTRIBUTES.version]: INT };
  try {
    await client.connection.ensureConnected();
    const { operatorService } = client.connection;
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = Object.entries(types).filter(([name]) => !(name in (customAttributes ?? {})));
    if (missing.length > 0) await operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing) });
  } catch (error) {
    if (isGrpcServiceError(error) && (error.code as number) === ALREADY_EXISTS) return;
    log.info({ reason: error instanceof Error ? error.message : String(error) }, 'search attributes could not be registered in Temporal');
  }
};

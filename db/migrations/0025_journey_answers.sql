-- What an endpoint answered a webhook whose step waits for it: {status, body} where it is JSON, {status, problem} where it is not.
alter table delivery add column answer jsonb;

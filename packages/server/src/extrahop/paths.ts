/** Where ExtraHop's clients expect the API. */
export const API_ROOT = '/api/v1'

/** Where they get access tokens. */
export const TOKEN_PATH = '/oauth2/token'

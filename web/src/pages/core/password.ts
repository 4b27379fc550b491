// What the server asks of a password, so far as it can be said before asking it.
export const shortestPassword = 12;

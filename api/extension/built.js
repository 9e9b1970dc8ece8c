// The build writes the address of its own service here.
export const DEFAULT_SERVICE = "http://127.0.0.1:8080";

// What the client uses of node.
declare const process: {readonly argv: readonly string[]};

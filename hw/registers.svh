// The register map of the AXI4-Lite slave: the one table, read by control.sv and, line by line, by the simulator (sim/rtl).
// 32-bit registers at byte offsets; a 64-bit value is a pair, low half first.
// verilator lint_off UNUSEDPARAM
localparam int RegControl = 0;          // w: bit 0 starts a run (ignored while one is under way)
localparam int RegStatus = 4;           // r: bit 0 done, bit 1 busy, bit 2 error
localparam int RegInsnCount = 8;        // rw: instructions of the program
localparam int RegErrorCode = 12;       // r: Error* below
localparam int RegErrorInsn = 16;       // r: index of the instruction that the error is about
localparam int RegCounterSelect = 20;   // w: number of the counter to be read in RegCounter
localparam int RegInsnAddr = 24;        // rw, 64 bits: of the first instruction, a multiple of 64
localparam int RegUopBase = 32;         // rw, 64 bits: base registers, bytes, multiples of 64
localparam int RegInpBase = 40;
localparam int RegWgtBase = 48;
localparam int RegAccBase = 56;
localparam int RegOutBase = 64;
localparam int RegCycles = 72;          // r, 64 bits: clock edges from the accepted start to done
localparam int RegCounter = 80;         // r, 64 bits: the selected counter
// Errors.
localparam int ErrorNone = 0;
localparam int ErrorEncoding = 1;       // unknown opcode, memory or operation; non-zero unused bits; tokens of a missing neighbour
localparam int ErrorBounds = 2;         // an index beyond a buffer
localparam int ErrorRead = 3;           // memory answered a read with an error
localparam int ErrorWrite = 4;          // memory answered a write with an error
localparam int ErrorTokens = 5;         // tokens are left over at FINISH
localparam int ErrorOrder = 6;          // an instruction follows FINISH
localparam int ErrorNoFinish = 7;       // the program ends without FINISH
// Counters. Those of an engine sum to RegCycles.
localparam int CountFetchBusy = 0;
localparam int CountFetchWaitMemory = 1;
localparam int CountFetchBlocked = 2;       // a command queue is full
localparam int CountFetchIdle = 3;
localparam int CountLoadBusy = 4;
localparam int CountLoadWaitCompute = 5;    // for a token
localparam int CountLoadWaitMemory = 6;
localparam int CountLoadBlocked = 7;        // a token queue is full
localparam int CountLoadIdle = 8;
localparam int CountComputeBusy = 9;
localparam int CountComputeWaitLoad = 10;
localparam int CountComputeWaitStore = 11;
localparam int CountComputeWaitMemory = 12;
localparam int CountComputeBlocked = 13;    // a token queue is full, or the pipeline drains
localparam int CountComputeIdle = 14;
localparam int CountStoreBusy = 15;
localparam int CountStoreWaitCompute = 16;
localparam int CountStoreWaitMemory = 17;
localparam int CountStoreBlocked = 18;
localparam int CountStoreIdle = 19;
localparam int CountGemmOps = 20;           // micro-ops that multiply
localparam int CountAluOps = 21;
localparam int CountReadBeats = 22;
localparam int CountWriteBeats = 23;
localparam int CounterCount = 24;
// verilator lint_on UNUSEDPARAM

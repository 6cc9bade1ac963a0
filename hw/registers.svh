// The register map of the AXI4-Lite slave: the one table. control.sv and run_control.sv include it; sim/rtl/register_map.h makes from its
// lines the simulator's constants and names and the tables of docs/accelerator.md.
// 32-bit registers at byte offsets; a 64-bit value is a pair, low half first. The count, the address and the bases cannot be written while
// a run is under way.
// verilator lint_off UNUSEDPARAM
// Registers.
localparam int RegControl = 0;          // w: bit 0 starts a run (ignored while busy); bit 1 is the soft reset
localparam int RegStatus = 4;           // r: bit 0 done, bit 1 busy, bit 2 error, bit 3 the bus still owes answers
localparam int RegInsnCount = 8;        // rw: instructions of the program
localparam int RegErrorCode = 12;       // r: one of the errors below
localparam int RegErrorInsn = 16;       // r: index of the instruction that the error is about
localparam int RegCounterSelect = 20;   // rw: number of the counter to be read in RegCounter
localparam int RegInsnAddr = 24;        // rw, 64 bits: of the first instruction, a multiple of 64
localparam int RegUopBase = 32;         // rw, 64 bits: base of micro-ops, bytes, a multiple of 64
localparam int RegInpBase = 40;         // rw, 64 bits: base of inputs
localparam int RegWgtBase = 48;         // rw, 64 bits: base of weights
localparam int RegAccBase = 56;         // rw, 64 bits: base of accumulators
localparam int RegOutBase = 64;         // rw, 64 bits: base of outputs
localparam int RegCycles = 72;          // r, 64 bits: clock edges from the accepted start to done
localparam int RegCounter = 80;         // r, 64 bits: the selected counter
localparam int RegPrmBase = 88;         // rw, 64 bits: base of requantisation parameters
localparam int RegIntEnable = 96;       // rw: bit 0 a run ended well, bit 1 a run ended with an error
localparam int RegIntStatus = 100;      // rw: the same bits; writing 1 clears; irq_o is high while an enabled bit is set
localparam int RegWatchdog = 104;       // rw: cycles without progress that end a run; 0: no limit; 1048576 after a reset
localparam int WatchdogDefault = 1048576;
// Errors.
localparam int ErrorNone = 0;           // none
localparam int ErrorEncoding = 1;       // unknown opcode, memory or operation; a unit that is not there; non-zero unused bits; tokens of a missing neighbour
localparam int ErrorBounds = 2;         // an index beyond a buffer
localparam int ErrorRead = 3;           // memory answered a read with an error
localparam int ErrorWrite = 4;          // memory answered a write with an error
localparam int ErrorTokens = 5;         // tokens are left over at FINISH
localparam int ErrorOrder = 6;          // FINISH is not the last instruction
localparam int ErrorNoFinish = 7;       // the last instruction is not FINISH
localparam int ErrorDeadlock = 8;       // every engine waits for a token, or for room for one
localparam int ErrorWatchdog = 9;       // no progress for RegWatchdog cycles: memory does not answer
localparam int ErrorAddress = 10;       // the program's address or a base is not a multiple of 64; nothing was run
// Counters.
localparam int CountFetchBusy = 0;          // hands over an instruction or takes a beat
localparam int CountFetchWaitMemory = 1;    // waits for a beat
localparam int CountFetchBlocked = 2;       // a command queue is full
localparam int CountFetchIdle = 3;          // every instruction is handed over
localparam int CountLoadBusy = 4;           // takes a beat or writes padding, or starts an instruction
localparam int CountLoadWaitCompute = 5;    // for a token
localparam int CountLoadWaitMemory = 6;     // for a beat
localparam int CountLoadBlocked = 7;        // the token queue to compute is full
localparam int CountLoadIdle = 8;           // no instruction
localparam int CountComputeBusy = 9;        // makes a step, takes a beat or writes padding
localparam int CountComputeWaitLoad = 10;   // for a token
localparam int CountComputeWaitStore = 11;  // for a token
localparam int CountComputeWaitMemory = 12; // for a beat
localparam int CountComputeBlocked = 13;    // a token queue is full, the pipeline drains, or FINISH waits for the others
localparam int CountComputeIdle = 14;       // no instruction
localparam int CountStoreBusy = 15;         // sends a beat, or starts an instruction
localparam int CountStoreWaitCompute = 16;  // for a token
localparam int CountStoreWaitMemory = 17;   // for the write channels or a response
localparam int CountStoreBlocked = 18;      // the token queue to compute is full
localparam int CountStoreIdle = 19;         // no instruction
localparam int CountGemmOps = 20;           // micro-ops that multiply, one a cycle
localparam int CountAluOps = 21;            // micro-ops of the ALU
localparam int CountRequantizeOps = 22;     // accumulator elements requantised
localparam int CountDepthwiseOps = 23;      // steps of depthwise convolution, each of as many taps as the unit is wide
localparam int CountUopBytes = 24;          // moved between memory and a buffer, without what the bus carries beside them
localparam int CountInpBytes = 25;          // inputs
localparam int CountWgtBytes = 26;          // weights
localparam int CountAccBytes = 27;          // accumulators, as 32 and as 8 bits
localparam int CountPrmBytes = 28;          // requantisation parameters
localparam int CountOutBytes = 29;          // outputs
localparam int CountReadBeats = 30;         // beats of the read channel, instructions included
localparam int CountWriteBeats = 31;        // beats of the write channel
localparam int CounterCount = 32;
// verilator lint_on UNUSEDPARAM

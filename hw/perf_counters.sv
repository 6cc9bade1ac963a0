// Event counters: each counts the cycles in which its input is high while enabled. Read one at a time, a cycle after its selection.
module perf_counters #(
  parameter int Count = 24,
  parameter int Width = 48,
  localparam int SelectBits = $clog2(Count)
) (
  input  logic                  clk_i,
  input  logic                  clear_i,
  input  logic                  enable_i,
  input  logic [Count-1:0]      event_i,
  input  logic                  read_i,
  input  logic [SelectBits-1:0] select_i,
  output logic [Width-1:0]      value_o
);
  (* mem2reg *) logic [Width-1:0] count_q [0:Count-1];

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      for (int i = 0; i < Count; i++) count_q[i] <= '0;
    end else if (enable_i) begin
      for (int i = 0; i < Count; i++) begin
        if (event_i[i]) count_q[i] <= count_q[i] + 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (read_i) value_o <= count_q[select_i];
  end

`ifdef VERILATOR
  SelectWithinCounters: assert property (@(posedge clk_i) read_i |-> 32'(select_i) < Count);
`endif
endmodule

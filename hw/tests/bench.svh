// What every bench shares: a clock, a reset, checks that count, and the verdict that ctest looks for.
logic clk = 1'b0;
logic rst_n = 1'b0;
integer failures = 0;
always #5 clk = !clk;

task check(input logic ok, input integer place);
  if (ok !== 1'b1) begin
    failures = failures + 1;
    if (failures < 10) $display("FAILED: check %0d at time %0t", place, $time);
  end
endtask

task finish_bench;
  begin
    if (failures == 0) $display("PASSED");
    $finish;
  end
endtask
